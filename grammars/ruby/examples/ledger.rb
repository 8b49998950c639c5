require "json"
require_relative "prices"

module Shop
  MAX_LINES = 500

  # Who owes what.
  class Ledger < Book
    include Comparable
    attr_reader :lines

    def initialize(lines, limit: 10, *rest, **options)
      @lines = lines
      @limit = limit
    end

    def self.open(path)
      new(JSON.parse(File.read(path)))
    end

    def sum(keep = nil)
      total = 0
      for line in @lines
        total += line.cents
      end
      @lines.each_with_index do |line, i|
        next if line.nil?
        if keep.call(line) == true
          total += line.cents
        elsif total > MAX_LINES
          break
        else
          puts "#{line.name}: #{i}"
        end
      end
      while total < 0
        total += 1
      end
      unless total == 1
        total = [total, 0].max
      end
      begin
        check(total)
      rescue ArgumentError => problem
        raise RuntimeError, "bad #{problem}"
      ensure
        total = 0
      end
      case total
      when 0 then return 1
      else total
      end
      twice = ->(x) { x * 2 }
      map = { a: 1, "b" => 2.5, c: nil }
      first, second = pair
      total > 0 ? twice.call(total) : map[:a]
    end

    def <=>(other)
      sum <=> other.sum && !other.frozen?
    end
  end
end
