package shop.books;

import java.util.List;
import java.util.function.*;
import static java.util.stream.Collectors.toList;

/** Who owes what. */
public final class Ledger<T extends Comparable<T>> implements AutoCloseable {
    public static final int MAX_LINES = 500;
    private static final String HEADER = """
        date { amount
        """;
    private final List<Line> lines;

    public Ledger(List<Line> lines) {
        this.lines = lines;
    }

    record Line(String account, long cents) {
        Line {
            if (cents < 0) throw new IllegalArgumentException("negative");
        }

        boolean isLarge() { return cents > 1_000_00; }
    }

    enum Kind {
        CREDIT('c'), DEBIT('d');

        private final char mark;

        Kind(char mark) { this.mark = mark; }
    }

    interface Visitor {
        int DEPTH = 2;
        void visit(Line line);
        default void done() { }
    }

    @interface Audited { }

    @Audited
    public <R> List<R> map(Function<Line, R> to) {
        return lines.stream().map(line -> {
            return to.apply(line);
        }).collect(toList());
    }

    @Override
    public void close() { lines.clear(); }
}
