import java.util.ArrayList;
import java.util.List;

public class Typing {
    private final List<String> words = new ArrayList<>();

    public void add(String word) {
        if (word.isEmpty() {
            return;
        }
        words.add(word);
    }

    public int longest() {
        int best = 0;
        for (String word : words) {
            best = Math.max(best, word.
        }
        return best;
    }

    public static void main(String[] args) {
        new Typing().add(args[0]);
    }
}
