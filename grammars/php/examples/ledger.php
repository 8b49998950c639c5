<?php

namespace Shop\Books;

use Shop\Prices;
use Shop\Lines\{Line, Mark as Sign};
use function array_map;

require_once 'config.php';

const MAX_LINES = 500;

/** Who owes what. */
final class Ledger extends Book implements \Countable
{
    use Logs;

    public const HEADER = 'date';
    private array $lines = [];
    public static int $open = 0;

    public function __construct(private string $name, array $lines = [])
    {
        $this->lines = $lines;
        self::$open++;
    }

    public function count(): int
    {
        return count($this->lines);
    }

    public function sum(callable $keep, int ...$limits): ?int
    {
        $total = 0;
        for ($i = 0; $i < count($this->lines); $i++) {
            if ($keep($this->lines[$i]) === true) {
                $total += $this->lines[$i]->cents;
            } elseif ($total > MAX_LINES) {
                break;
            } else {
                continue;
            }
        }
        foreach ($this->lines as $name => $line) {
            echo "{$name}: $line->cents\n";
        }
        while ($total < 0) {
            $total++;
        }
        do {
            $total = max($total, 0);
        } while ($total < 0);
        try {
            Prices::check($total);
        } catch (\RuntimeException $problem) {
            throw new \InvalidArgumentException('bad', 0, $problem);
        } finally {
            unset($total['x']);
        }
        switch ($total) {
            case 0:
                return 1;
            default:
                break;
        }
        $twice = fn($x) => $x * 2;
        $other = function ($x) use ($total) { return -$x; };
        $map = ['a' => 1, 'b' => 2.5, 'c' => null];
        list($first, $second) = $this->pair();
        return $total > 0 ? $twice($total) : null;
    }
}

interface Visitor
{
    public function visit(Line $line): void;
}

trait Marks
{
    protected function mark() { return 'x'; }
}

enum Kind: string
{
    case Credit = 'c';
}

function restock(array $lines): array
{
    return array_map(fn($line) => $line->name, $lines);
}
?>
<p>Who owes what.</p>
