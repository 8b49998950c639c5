// A server with a next-edit model whose edits are known: the same as ../edit_server.py, for the scenarios in VS Code.
//
// It speaks OpenAI's completions. Asked for the next state of some lines, it answers with them as `edit` changes them; asked to
// complete, with nothing.
import http from 'node:http';

const MODEL = 'sweep-next-edit-1.5B';

/** What the model answers to a prompt. */
function answered(prompt, edit) {
  const files = prompt.split('<|file_sep|>').map((part) => part.split(/\n(.*)/s));
  return files.at(-1)[0].startsWith('updated/') ? edit(files.at(-2)[1]) : '';
}

async function answer(request, response, edit) {
  let body = '';
  for await (const part of request) body += part;
  if (request.url === '/v1/models') {
    response.end(JSON.stringify({ data: [{ id: MODEL, owned_by: 'test' }] }));
  } else if (request.url === '/v1/completions') {
    const choice = { index: 0, text: answered(JSON.parse(body).prompt, edit), finish_reason: 'stop' };
    response.end(`data: ${JSON.stringify({ choices: [choice] })}\n\ndata: [DONE]\n\n`);
  } else {
    response.writeHead(404).end();
  }
}

/** Does something with the settings of nigh that name such a server. */
export async function withEditServer(edit, act) {
  const server = http.createServer((request, response) => answer(request, response, edit));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens until all scenarios are over, so that no one who still asks is left without an answer.
  server.on('connection', (socket) => socket.unref());
  server.unref();
  await act({ 'nigh.engine.url': `http://127.0.0.1:${server.address().port}`, 'nigh.engine.model': MODEL });
}
