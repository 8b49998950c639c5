class Typing
  def add(word)
    if word.empty?
      return
    @words << word
  end

  def longest
    best = 0
    @words.each do |word|
      best = [best, word.
    end
    best
  end
end
