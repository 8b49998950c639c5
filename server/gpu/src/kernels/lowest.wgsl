// Less than any score.
const LOWEST = -3.0e38;
