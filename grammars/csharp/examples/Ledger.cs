using System;
using System.Collections.Generic;
using static System.Math;
using Lines = System.Collections.Generic.List<string>;

namespace Shop.Books
{
    /// <summary>Who owes what.</summary>
    public sealed class Ledger<T> : IDisposable where T : class
    {
        public const int MaxLines = 500;
        private static readonly string Header = @"date { amount ""x""";
        private readonly List<Line> lines;
        private int total = 0;

        public Ledger(List<Line> lines)
        {
            this.lines = lines;
        }

        public int Count { get { return lines.Count; } }

        public enum Kind { Credit, Debit }

        public struct Line
        {
            public string Account;
            public long Cents;
        }

        public interface IVisitor
        {
            void Visit(Line line);
        }

        public delegate bool Filter(Line line);

        [Obsolete]
        public async Task<int> Sum(Filter keep, int limit = 10)
        {
            for (int i = 0; i < lines.Count && i < limit; i++)
            {
                if (keep(lines[i]) == true)
                {
                    total += (int)lines[i].Cents;
                }
                else if (total > MaxLines)
                {
                    break;
                }
                else
                {
                    continue;
                }
            }
            foreach (var line in lines)
            {
                Console.WriteLine($"{line.Account}: {line.Cents}");
            }
            while (total < 0) { total++; }
            do { total = Max(total, 0); } while (total < 0);
            try
            {
                await Task.Delay(1);
            }
            catch (InvalidOperationException problem)
            {
                throw new ArgumentException("bad", problem);
            }
            switch (total)
            {
                case 0: return 1;
                default: break;
            }
            Func<int, int> twice = x => x * 2;
            var names = new List<string> { "a", 'b'.ToString() };
            var other = new[] { 1, 2.5 };
            string text = total > 0 ? "some" : null;
            int Local(int x) { return -x; }
#pragma warning disable CS0618
            return twice(Local(total));
        }

        public void Dispose() => lines.Clear();
    }

    public record Pair(int Left, int Right);
}
