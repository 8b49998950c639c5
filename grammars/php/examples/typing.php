<?php

class Typing
{
    public function add(string $word)
    {
        if (empty($word) {
            return;
        }
        $this->words[] = $word;
    }

    public function longest()
    {
        $best = 0;
        foreach ($this->words as $word) {
            $best = max($best, strlen($
        }
        return $best;
    }
}
