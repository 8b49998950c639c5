import java.io.File

class Typing {
    private val words = mutableListOf<String>()

    fun add(word: String) {
        if (word.isEmpty() {
            return
        }
        words.add(word)
    }

    fun longest(): Int {
        var best = 0
        for (word in words) {
            best = maxOf(best, word.
        }
        return best
    }
}
