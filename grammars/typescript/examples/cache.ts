import type { Clock } from "./clock";
import { EventEmitter } from "node:events";
import assert = require("node:assert");

export interface Entry<T> {
  value: T;
  expires: number;
}

export type Loader<T> = (key: string) => Promise<T>;

export enum Policy {
  Oldest,
  Newest = "newest",
}

declare function tick(): void;

export const TTL_MS = 60_000;

export namespace limits {
  export const entries = 10;
}

declare module "legacy" {
  export function open(path: string): number;
}

export abstract class Base<T> {
  protected abstract evict(key: string): void;
  protected touch = (key: string): void => {
    tick();
  };
}

export class Cache<T> extends Base<T> {
  private readonly entries = new Map<string, Entry<T>>();

  constructor(private readonly clock: Clock, private policy: Policy = Policy.Oldest) {
    super();
  }

  async get(key: string, load: Loader<T>): Promise<T> {
    const found = this.entries.get(key);
    if (found && found.expires > this.clock.now()) {
      return found.value;
    }
    const value = await load(key);
    this.entries.set(key, { value, expires: this.clock.now() + TTL_MS });
    return value;
  }

  protected override evict(key: string): void {
    assert(this.entries.delete(key), `no ${key as string}`);
  }
}

export function isEntry<T>(x: unknown): x is Entry<T> {
  return typeof x === "object" && x !== null && "value" in x;
}
