// The item in the status bar: whether nigh is at work, with which model, how fast. A click opens the menu of commands.
//
// extension.ts makes one. It asks the program for its state while a model loads, and is notified of everything else.
import * as vscode from 'vscode';
import type { Server, Status } from './server';

/** How often a model that is being loaded is looked after, in milliseconds. */
const OFTEN = 500;
/** How old the shown state may become, in milliseconds: another device may compute now. */
const STALE = 60_000;

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('nigh', vscode.StatusBarAlignment.Right, 100);
  private status: Status | undefined;
  private timer: NodeJS.Timeout | undefined;
  private looked = 0;

  constructor(private readonly server: Server) {
    this.item.name = 'nigh';
    this.item.command = 'nigh.menu';
    server.onDidChange(this.refresh, this);
    this.draw();
    this.item.show();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.item.dispose();
  }

  private refresh(): void {
    if (!this.server.running) this.status = undefined;
    else if (!this.status || Date.now() - this.looked > STALE) void this.look();
    this.draw();
  }

  /** Asks for the state until the model is there, or is known not to come. */
  private async look(): Promise<void> {
    clearTimeout(this.timer);
    this.looked = Date.now();
    this.status = await this.server.status().catch(() => undefined);
    const isLoading = this.status?.state === 'loading' || this.status?.chosen?.phase === 'loading';
    if (isLoading) this.timer = setTimeout(() => void this.look(), OFTEN);
    this.draw();
  }

  private draw(): void {
    const { icon, state } = this.state();
    const model = this.status?.model;
    const latency = this.server.latency;
    this.item.text = `${icon} nigh`;
    this.item.tooltip = [
      `nigh: ${state}`,
      model && `Model: ${model.name}, ${(model.parameters / 1e6).toFixed(1)} M parameters, on ${model.device}`,
      model?.instead && `Used instead: ${model.instead}`,
      latency !== undefined && `Last answer: ${latency.toFixed(0)} ms`,
      'Click for all commands',
    ].filter(Boolean).join('\n');
  }

  private state(): { icon: string; state: string } {
    if (!this.server.running) return { icon: '$(circle-slash)', state: 'not running' };
    if (this.server.paused) return { icon: '$(debug-pause)', state: 'paused' };
    if (!this.status || this.status.state === 'loading') return { icon: '$(loading~spin)', state: 'loading the model' };
    if (this.status.state === 'failed') return { icon: '$(error)', state: this.status.error ?? 'the model cannot be used' };
    return { icon: '$(sparkle)', state: 'ready' };
  }
}
