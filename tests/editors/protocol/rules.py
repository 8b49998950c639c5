"""What each side may send after what the other announced: the protocol's rules that are no matter
of shape.

check.py calls `from_server` and `from_editor` for each request and notification, and `answer` for
each result, with the `Session` so far. Each gives back sentences, none where all is well. A new
rule is an `if` in one of the functions, or a line in a list.
"""

from typing import Any

# Requests of the server -> where the editor announces that it answers them.
ASKED = {
    "workspace/configuration": "workspace.configuration",
    "workspace/workspaceFolders": "workspace.workspaceFolders",
    "workspace/applyEdit": "workspace.applyEdit",
    "window/workDoneProgress/create": "window.workDoneProgress",
    "window/showDocument": "window.showDocument.support",
    "workspace/diagnostic/refresh": "workspace.diagnostics.refreshSupport",
    "workspace/codeLens/refresh": "workspace.codeLens.refreshSupport",
    "workspace/semanticTokens/refresh": "workspace.semanticTokens.refreshSupport",
    "workspace/inlayHint/refresh": "workspace.inlayHint.refreshSupport",
}

# Requests of the editor whose capability has another name than textDocument/NAME -> NAMEProvider.
PROVIDERS = {
    "codeAction/resolve": "codeActionProvider.resolveProvider",
    "completionItem/resolve": "completionProvider.resolveProvider",
    "textDocument/formatting": "documentFormattingProvider",
    "textDocument/rangeFormatting": "documentRangeFormattingProvider",
    "textDocument/documentColor": "colorProvider",
    "textDocument/prepareRename": "renameProvider.prepareProvider",
    "textDocument/semanticTokens/full": "semanticTokensProvider",
    "workspace/symbol": "workspaceSymbolProvider",
    "workspace/executeCommand": "executeCommandProvider",
    "workspace/diagnostic": "diagnosticProvider.workspaceDiagnostics",
}
ALWAYS = ("initialize", "shutdown")


def at(value: Any, path: str) -> Any:
    """The value at a path of names such as `workspace.applyEdit`, or None."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def named(value: Any, path: str) -> bool:
    """Whether a path of names is there and not false; null counts, as some editors write it for an
    empty list of options."""
    parent, _, name = path.rpartition(".")
    owner = at(value, parent) if parent else value
    return isinstance(owner, dict) and owner.get(name, False) is not False


class Session:
    """What was announced, asked and opened so far between one editor and one server."""

    def __init__(self) -> None:
        self.editor: dict[str, Any] = {}
        self.server: dict[str, Any] = {}
        self.arguments: list[str] = []
        self.initialized = self.shut_down = False
        self.registered: set[str] = set()
        self.tokens: set[Any] = set()
        self.versions: dict[str, int] = {}


def missing(session: Session, path: str, what: str) -> list[str]:
    return (
        [] if named(session.editor, path) else [f"{what}, but the editor does not announce {path}"]
    )


def announced(session: Session, method: str) -> bool:
    path = PROVIDERS.get(method) or method.removeprefix("textDocument/") + "Provider"
    return method in session.registered or at(session.server, path) not in (None, False)


def from_editor(session: Session, method: str, params: Any) -> list[str]:
    """A request or notification of the editor; keeps what it says."""
    if method == "initialize":
        session.editor = params["capabilities"]
        workspace = session.editor.get("workspace", {})
        if "diagnostic" in workspace:  # Helix's name for it
            workspace.setdefault("diagnostics", workspace["diagnostic"])
        session.tokens.add(params.get("workDoneToken"))
        return []
    found = []
    if not session.initialized and method not in ("exit", "$/setTrace", "$/cancelRequest"):
        found.append("sent before the answer to initialize")
    if session.shut_down and method not in ("exit", "$/cancelRequest"):
        found.append("sent after shutdown")
    session.shut_down |= method == "shutdown"
    if isinstance(params, dict):
        session.tokens |= {params.get("workDoneToken"), params.get("partialResultToken")}
    if method in ("textDocument/didOpen", "textDocument/didChange"):
        document = params["textDocument"]
        if method.endswith("didChange") and document["uri"] not in session.versions:
            found.append("changes a document that is not open")
        session.versions[document["uri"]] = document["version"]
    if method == "textDocument/didClose":
        session.versions.pop(params["textDocument"]["uri"], None)
    return found


def asked_by_editor(session: Session, method: str, params: Any) -> list[str]:
    """A request of the editor: only what the server announced."""
    if method in ALWAYS or announced(session, method):
        commands = at(session.server, "executeCommandProvider.commands") or []
        known = method != "workspace/executeCommand" or params["command"] in commands
        return [] if known else [f"the command {params['command']} is not announced"]
    return ["the server does not announce that it answers this"]


def from_server(session: Session, method: str, params: Any) -> list[str]:
    """A request or notification of the server."""
    found = missing(session, ASKED[method], "asked") if method in ASKED else []
    early = (
        "window/showMessage",
        "window/logMessage",
        "telemetry/event",
        "window/showMessageRequest",
        "$/progress",
    )
    if not session.initialized and method not in early:
        found.append("sent before the answer to initialize")
    if method == "client/registerCapability":
        for one in params["registrations"]:
            path = one["method"].replace("/", ".") + ".dynamicRegistration"
            found += missing(session, path, f"registers {one['method']}")
            session.registered.add(one["method"])
    if method == "window/workDoneProgress/create":
        session.tokens.add(params["token"])
    if method == "$/progress" and params["token"] not in session.tokens:
        found.append(f"progress of a token that was never created: {params['token']}")
    if method == "textDocument/publishDiagnostics":
        found += published(session, params)
    if method == "workspace/applyEdit":
        found += edit(session, params["edit"])
    return found


def published(session: Session, params: Any) -> list[str]:
    announces = "textDocument.publishDiagnostics"
    found = missing(session, announces, "diagnostics sent")
    if "version" in params:
        found += missing(session, f"{announces}.versionSupport", "a version sent")
        if params["version"] > session.versions.get(params["uri"], params["version"]):
            found.append(
                f"version {params['version']} of a document that is at "
                f"{session.versions[params['uri']]}"
            )
    return found + diagnostics(session, params["diagnostics"], announces)


def diagnostics(session: Session, items: list[dict[str, Any]], announces: str) -> list[str]:
    found = []
    for name, needed in (
        ("relatedInformation", "relatedInformation"),
        ("tags", "tagSupport"),
        ("codeDescription", "codeDescriptionSupport"),
        ("data", "dataSupport"),
    ):
        # Before 3.18 all of these were announced only for published diagnostics.
        if any(name in item for item in items) and not named(
            session.editor, f"textDocument.publishDiagnostics.{needed}"
        ):
            found += missing(session, f"{announces}.{needed}", f"diagnostics with {name}")
    return found


def edit(session: Session, value: Any) -> list[str]:
    announces = "workspace.workspaceEdit"
    found = []
    if "documentChanges" in value:
        found += missing(session, f"{announces}.documentChanges", "documentChanges sent")
        for change in value["documentChanges"]:
            if "kind" in change and change["kind"] not in (
                at(session.editor, f"{announces}.resourceOperations") or []
            ):
                found.append(f"the editor does not announce that it can {change['kind']} files")
    if "changeAnnotations" in value:
        found += missing(session, f"{announces}.changeAnnotationSupport", "annotations sent")
    return found


def actions(session: Session, items: list[dict[str, Any]] | None) -> list[str]:
    announces = "textDocument.codeAction"
    found = []
    for item in items or []:
        if isinstance(item.get("command"), str):
            continue  # a command, which every editor takes
        found += missing(
            session, f"{announces}.codeActionLiteralSupport", "actions sent as objects"
        )
        for name, needed in (
            ("isPreferred", "isPreferredSupport"),
            ("disabled", "disabledSupport"),
            ("data", "dataSupport"),
        ):
            if name in item:
                found += missing(session, f"{announces}.{needed}", f"actions with {name}")
        if "edit" not in item and "command" not in item and "disabled" not in item:
            found += missing(session, f"{announces}.resolveSupport", "actions without an edit")
        found += edit(session, item.get("edit", {}))
    return found


def completions(session: Session, result: Any) -> list[str]:
    announces = "textDocument.completion.completionItem"
    found = []
    for item in result.get("items", []) if isinstance(result, dict) else result or []:
        for name, needed in (
            ("labelDetails", "labelDetailsSupport"),
            ("tags", "tagSupport"),
            ("insertTextMode", "insertTextModeSupport"),
        ):
            if name in item:
                found += missing(session, f"{announces}.{needed}", f"items with {name}")
        if item.get("insertTextFormat") == 2:
            found += missing(session, f"{announces}.snippetSupport", "snippets sent")
        if "insert" in item.get("textEdit", {}):
            found += missing(session, f"{announces}.insertReplaceSupport", "two ranges sent")
    return found


def initialized(session: Session, result: Any) -> list[str]:
    session.initialized, session.server = True, result["capabilities"]
    found = []
    encodings = at(session.editor, "general.positionEncodings") or ["utf-16"]
    if (
        session.server.get("positionEncoding", "utf-16") not in encodings
        and "--position-encoding" not in session.arguments
    ):
        found.append(
            f"positionEncoding {session.server['positionEncoding']} is none of {encodings}"
        )
    for name, needed in (
        ("inlineCompletionProvider", "inlineCompletion"),
        ("diagnosticProvider", "diagnostic"),
    ):
        if session.server.get(name):
            found += missing(session, f"textDocument.{needed}", f"{name} announced")
    return found


def answer(session: Session, method: str, result: Any) -> list[str]:
    """The result of a request of the editor."""
    if method == "initialize":
        return initialized(session, result)
    if method == "textDocument/codeAction":
        return actions(session, result)
    if method == "codeAction/resolve":
        return actions(session, [result])
    if method == "textDocument/completion":
        return completions(session, result)
    if method == "textDocument/diagnostic":
        return diagnostics(session, result.get("items", []), "textDocument.diagnostic")
    return []
