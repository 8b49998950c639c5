// Says what went wrong, and offers what helps. Called wherever the user waits for nothing: commands, the start, new settings.
import * as vscode from 'vscode';

/** Buttons of a message, with the command that each runs. */
const BUTTONS: Record<string, [command: string, argument?: string]> = {
  'Show Log': ['nigh.showLog'],
  'Open Settings': ['workbench.action.openSettings', 'nigh.path'],
};

/** Waits for the work, and shows why it failed. Never throws. */
export async function report(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const choice = await vscode.window.showErrorMessage(`nigh: ${why}`, ...Object.keys(BUTTONS));
    if (choice) await vscode.commands.executeCommand(...BUTTONS[choice]);
  }
}
