//! What is in a prompt and what was left out of it, for people.

use context::{Budget, FimFormat, Piece, Prompt};

/// An account of a prompt: a line for each piece.
pub fn prompt_account(prompt: &Prompt, format: &FimFormat, budget: Budget) -> String {
    let mut account = format!("{} prompt, at most {} tokens\n", format.name, budget.tokens);
    prompt
        .pieces
        .iter()
        .for_each(|piece| account.push_str(&line(piece)));
    if !prompt.required.is_empty() {
        account.push_str(&format!(
            "the answer must begin with {:?} (token healing)\n",
            prompt.required
        ));
    }
    account
}

fn line(piece: &Piece) -> String {
    let score = piece
        .score
        .map_or(String::new(), |score| format!("{score:.2}"));
    let parts = [piece.what, &piece.path, &piece.detail, piece.left_out];
    let what = parts
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let shown = if piece.left_out.is_empty() { ' ' } else { '-' };
    format!("{shown}{:>5} tokens {score:>5}  {what}\n", piece.tokens)
}
