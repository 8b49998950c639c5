import { readFile } from "node:fs/promises";

interface Options {
  retries: number;
  delay?:
}

export class Fetcher {
  constructor(private options: Options) {}

  async fetch(url: string): Promise<string> {
    for (let attempt = 0; attempt < this.options.retries; attempt++) {
      const response = await 
    }
  }
}

export const parse = (text: string): Options => {
  const data = JSON.parse(text
  return data;
};
