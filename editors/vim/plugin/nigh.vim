vim9script
# Ghost text of nigh in Vim 9, and nigh as a language server of ALE, which starts it, marks its bugs and offers its fixes.
#
# Loaded by Vim from the runtime path (README.md). The server decides what to suggest; here it is asked when the text has changed, and
# what it answers is drawn and accepted. ALE's own completion menu is not used: it cuts what it inserts at the first parenthesis.

if exists('g:loaded_nigh')
  finish
endif
g:loaded_nigh = true

const FILETYPES: list<string> = get(g:, 'nigh_filetypes',
  ['python', 'rust', 'javascript', 'typescript', 'go', 'java', 'c', 'cpp', 'sh'])
const DELAY: number = get(g:, 'nigh_delay', 60)

# What is on the screen: {buffer, tick: the buffer's state, line, head and tail: the text before and after the cursor, text: what stands
# between them in grey}.
var shown: dict<any> = {}
# The newest question: {id, place: where it was asked}.
var asked: dict<any> = {}
var waiting = 0

def Root(buffer: number): string
  const folder = fnamemodify(bufname(buffer), ':p:h')
  const git = finddir('.git', folder .. ';')
  return empty(git) ? folder : fnamemodify(git, ':p:h:h')
enddef

# ALE runs a few linters of its choice for some languages, and of the user's choice otherwise: nigh is one more.
def Enable()
  const names = ale#linter#Get(&filetype)->mapnew((_, linter) => linter.name)
  if index(FILETYPES, &filetype) >= 0 && index(names, 'nigh') < 0
    b:ale_linters = {[&filetype]: names + ['nigh']}
  endif
enddef

# Where the cursor is, in which state of which buffer.
def Place(): list<any>
  return [bufnr(), b:changedtick, line('.'), col('.'), mode() =~ '^i']
enddef

def Hide()
  if !empty(shown)
    prop_remove({type: 'NighGhost', bufnr: shown.buffer, all: true})
    shown = {}
  endif
enddef

def Draw(text: string)
  Hide()
  const [line, column] = [line('.'), col('.')]
  shown = {buffer: bufnr(), tick: b:changedtick, line: line, text: text,
    head: strpart(getline(line), 0, column - 1), tail: strpart(getline(line), column - 1)}
  const lines = split(substitute(text, "\t", repeat(' ', &tabstop), 'g'), "\n", true)
  if !empty(lines[0])
    prop_add(line, column, {type: 'NighGhost', text: lines[0]})
  endif
  for further in lines[1 :]
    prop_add(line, 0, {type: 'NighGhost', text: further ?? ' ', text_align: 'below'})
  endfor
enddef

def Answer(_: string, response: dict<any>)
  if empty(asked) || get(response, 'id', 0) != asked.id || asked.place != Place()
    return
  endif
  const result = get(response, 'result', null)
  const items = type(result) == v:t_dict ? result.items : []
  if empty(items)
    Hide()
  else
    Draw(items[0].insertText)
  endif
enddef

def Ask()
  if mode() !~ '^i' || pumvisible() || index(FILETYPES, &filetype) < 0
    return
  endif
  const linters = ale#linter#GetAll([&filetype])->filter((_, linter) => linter.name == 'nigh')
  ale#lsp_linter#StartLSP(bufnr(), linters[0], (_, details) => Send(details))
enddef

def Send(details: dict<any>)
  const place = Place()
  if place[0] != details.buffer || !place[4]
    return
  endif
  const connection = details.connection_id
  ale#lsp#RegisterCallback(connection, Answer)
  ale#lsp#NotifyForChanges(connection, details.buffer)
  const id = ale#lsp#Send(connection, [0, 'textDocument/inlineCompletion', {
    textDocument: {uri: ale#util#ToURI(expand('%:p'))},
    position: {line: line('.') - 1, character: col('.') - 1},
    context: {triggerKind: 2},
  }])
  asked = {id: id, place: place}
enddef

# What was typed since the suggestion was drawn, if it is how the suggestion begins.
def TypedOfShown(): string
  if empty(shown) || shown.buffer != bufnr() || shown.line != line('.')
    return ''
  endif
  const typed = strpart(getline('.'), len(shown.head), col('.') - 1 - len(shown.head))
  const fits = getline('.') ==# shown.head .. typed .. shown.tail
  return fits && strpart(shown.text, 0, len(typed)) ==# typed && len(typed) < len(shown.text) ? typed : ''
enddef

def Drawn(): bool
  return !empty(shown) && [shown.buffer, shown.tick] == [bufnr(), b:changedtick]
enddef

# Whoever types what is suggested sees the rest of it at once, before the server has answered.
def Changed()
  if Drawn()
    return
  endif
  const typed = TypedOfShown()
  if empty(typed)
    Hide()
  else
    Draw(strpart(shown.text, len(typed)))
  endif
  timer_stop(waiting)
  waiting = timer_start(DELAY, (_) => Ask())
enddef

def Moved()
  if Drawn() && [shown.line, len(shown.head) + 1] != [line('.'), col('.')]
    Hide()
  endif
enddef

# Inserts the part of the suggestion that fits a pattern, and leaves the rest on the screen.
def Accept(pattern: string)
  Changed()
  const taken = matchstr(shown.text, pattern)
  const lines = split(shown.head .. taken .. shown.tail, "\n", true)
  const [line, column] = [line('.') + len(lines) - 1, len(lines[-1]) - len(shown.tail) + 1]
  setline('.', lines[0])
  append('.', lines[1 :])
  cursor(line, column)
  const rest = strpart(shown.text, len(taken))
  if empty(rest)
    Hide()
  else
    Draw(rest)
  endif
enddef

# What a key does while a suggestion is shown, or else `other`. Each is a change of its own to undo.
def Key(action: string, other: string): string
  return Drawn() || !empty(TypedOfShown()) ? "\<C-g>u\<ScriptCmd>" .. action .. "\<CR>\<C-g>u" : other
enddef

inoremap <silent><expr> <Plug>(nigh-accept) <SID>Key('Accept(''\_.*'')', "\<Tab>")
inoremap <silent><expr> <Plug>(nigh-accept-word) <SID>Key('Accept(''\v^\_s*%(\k+\|%(\k@!\S)+\|$)'')', "\<C-Right>")
inoremap <silent><expr> <Plug>(nigh-dismiss) <SID>Key('Hide()', "\<C-]>")
for [key, plug] in items({'<Tab>': 'accept', '<C-Right>': 'accept-word', '<C-]>': 'dismiss'})
  if empty(maparg(key, 'i'))
    execute $'imap <silent> {key} <Plug>(nigh-{plug})'
  endif
endfor

highlight default NighGhost ctermfg=darkgrey guifg=#808080
prop_type_add('NighGhost', {highlight: 'NighGhost'})

# ALE counts columns in bytes.
for filetype in FILETYPES
  ale#linter#Define(filetype, {name: 'nigh', lsp: 'stdio', executable: 'nigh', command: '%e serve --position-encoding utf-8',
    project_root: Root, initialization_options: get(g:, 'nigh_settings', {}), completion_filter: (_, _) => false})
endfor

augroup nigh
  autocmd!
  autocmd FileType * Enable()
  autocmd TextChangedI * Changed()
  autocmd CursorMovedI * Moved()
  autocmd InsertLeave,BufLeave * Hide()
  # ALE knows documents by their buffers, and would go on under the old name.
  autocmd BufFilePre * ale#lsp#CloseDocument(str2nr(expand('<abuf>')))
augroup END
