; All of TypeScript's patterns.
