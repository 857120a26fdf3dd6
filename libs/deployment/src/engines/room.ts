import { resolve } from 'node:path';
import type { ContentPlace } from '@penstock/nest';
import type { StorageRoom } from '@penstock/ports';
import type { UndoStack } from '../startup/undo-stack.ts';
import { FreeSpace, type FreeSpaceDeps } from './free-space.ts';

export interface RoomSettings {
  readonly diskReserve: number;
  readonly stateDir: string;
  readonly content: ContentPlace;
}

/** Whether there is room where the process writes: in its state folder and, where that is a folder, with the content. */
export async function openRoom(settings: RoomSettings, deps: FreeSpaceDeps, undo: UndoStack): Promise<StorageRoom> {
  const { content, stateDir, diskReserve } = settings;
  const folders = [stateDir, ...(content.kind === 'folder' ? [content.folder] : [])].map((folder) => resolve(folder));
  const { timers, telemetry } = deps;
  const space = await FreeSpace.watch(folders, diskReserve, { timers, telemetry });
  undo.push(async () => space.stop());
  return space;
}
