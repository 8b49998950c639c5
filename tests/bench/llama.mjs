// Times llama.cpp on a model file as `nigh bench --json` times nigh: one JSON object of seconds.
//
// node llama.mjs MODEL THREADS ROUNDS, next to an installed node-llama-cpp; llama.sh runs it.

import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const [model, threads, rounds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const GENERATED = 12;

const llama = await getLlama({
    gpu: false,
    build: "never",
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
});
const times = {};

const processor = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
};

async function time(name, count, work) {
    const [clock, cpu] = [performance.now(), processor()];
    await work();
    (times[name] ??= []).push({
        s: (performance.now() - clock) / 1e3 / count,
        cpu_s: (processor() - cpu) / count,
    });
}

for (let round = 0; round < rounds; round++) {
    let loaded;
    await time("load", 1, async () => {
        loaded = await llama.loadModel({ modelPath: model });
    });
    const context = await loaded.createContext({ contextSize: 1024, batchSize: 512, threads });
    const sequence = context.getSequence();
    // Which tokens they are does not matter for the time; the first ones may be special.
    const tokens = Array.from({ length: 800 }, (_, i) => 64 + ((Math.imul(i, 40_503) >>> 0) % 16_000));
    const read = async (count) => {
        await sequence.clearHistory();
        await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, count));
    };
    for (const count of [32, 128, 512, 768]) {
        await time(`prompt of ${count} tokens`, 1, () => read(count));
    }
    await read(512);
    await time("a token behind 512", GENERATED, async () => {
        let generated = 0;
        const options = { temperature: 0, yieldEogToken: true };
        for await (const _ of sequence.evaluate([tokens[512]], options)) {
            generated += 1;
            if (generated === GENERATED) break;
        }
    });
    await context.dispose();
    await loaded.dispose();
}

const median = (all) => all.sort((a, b) => a.s - b.s)[all.length >> 1];
const medians = Object.entries(times).map(([name, all]) => [name, median(all)]);
console.log(JSON.stringify({ [`threads_${threads}`]: Object.fromEntries(medians) }));
process.exit(0);
