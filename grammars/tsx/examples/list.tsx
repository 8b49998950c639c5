import React, { useState } from "react";
import { Item } from "./item";

type Props = { items: Item[]; onPick?: (item: Item) => void };

const PAGE_SIZE = 20;

export function List({ items, onPick }: Props) {
  const [page, setPage] = useState<number>(0);
  const shown = items.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);

  const next = () => {
    setPage((old) => old + 1);
  };

  return (
    <ul className="list" aria-label={`page ${page}`}>
      {shown.map((item) => (
        <li key={item.id} onClick={() => onPick?.(item)}>
          {item.name} &amp; more
        </li>
      ))}
      <button onClick={next}>More</button>
    </ul>
  );
}

export class Boundary extends React.Component<{ children: React.ReactNode }> {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  render() {
    return this.state.failed ? <p>Broken.</p> : this.props.children;
  }
}
