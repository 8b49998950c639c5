import fs, { readFile as read } from "node:fs";
import * as path from "node:path";
import "./polyfills.js";
export * from "./types.js";
const yaml = require("yaml");

export const MAX_ENTRIES = 100;
const greeting = `entries: ${[1, 2].map((n) => `<${n}>`).join("")}`;

// Loads one file.
export async function load(file, { strict = false } = {}) {
  const text = await read(path.resolve(file));
  return yaml.parse(text);
}

const save = (file, data) => {
  fs.writeFileSync(file, JSON.stringify(data));
};

function* ids() {
  let next = 0;
  while (true) yield next++;
}

export default class Store extends Map {
  #open = false;
  close = () => {
    this.#open = false;
  };

  static from(entries) {
    return new Store(entries.slice(0, MAX_ENTRIES));
  }

  get isOpen() {
    return this.#open;
  }

  each(callback) {
    this.forEach(function (value, key) {
      switch (key) {
        case "hidden":
          break;
        default:
          callback(value);
      }
    });
  }
}

export const View = ({ title }) => (
  <section className="view">
    <h1>{title}</h1>
    {/* nothing yet */}
  </section>
);
