package shop.books

import kotlin.math.max
import java.util.*
import java.util.concurrent.ConcurrentHashMap as Concurrent

const val MAX_LINES = 500

typealias Lines = List<String>

/** Who owes what. */
class Ledger<T : Comparable<T>>(private val lines: List<Line>, val limit: Int = 10) : AutoCloseable {
    private var total = 0
    val size: Int get() = lines.size

    init {
        require(limit > 0)
    }

    constructor(line: Line) : this(listOf(line))

    enum class Kind(val mark: Char) { CREDIT('c'), DEBIT('d') }

    interface Visitor {
        fun visit(line: Line)
    }

    companion object {
        const val HEADER = "date"
        fun empty() = Ledger<Int>(emptyList())
    }

    @Deprecated("old")
    fun sum(keep: (Line) -> Boolean): Int {
        for (i in 0 until lines.size) {
            if (keep(lines[i]) == true) {
                total += lines[i].cents
            } else if (total > MAX_LINES) {
                break
            } else {
                continue
            }
        }
        for ((name, line) in byName()) println("$name: ${line.cents}")
        while (total < 0) { total++ }
        do { total = max(total, 0) } while (total < 0)
        try {
            check(total != 3)
        } catch (problem: IllegalStateException) {
            throw IllegalArgumentException("bad", problem)
        } finally {
            total = 0
        }
        when (total) {
            0 -> return 1
            else -> total = 2
        }
        val twice = { x: Int -> x * 2 }
        val names = lines.map { it.account }.filter { line -> line.isNotEmpty() }
        val text: String? = if (total > 0) "some" else null
        val raw = """a { $total"""
        return twice(total) ?: names[0].length
    }

    override fun close() = Unit
}

data class Line(val account: String, val cents: Int)

object Registry {
    val all = Concurrent<String, Line>()
}

fun String.shout(times: Int): String = this.uppercase() + "!"
