using System;

public class Typing
{
    private int count;

    public void Add(string word)
    {
        if (word.Length > 0
        {
            count += 1;
        }
    }

    public int Longest(string[] words)
    {
        var best = 0;
        foreach (var word in words)
        {
            best = Math.Max(best, word.
        }
        return best;
    }
}
