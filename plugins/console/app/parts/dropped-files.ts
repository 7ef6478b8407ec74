export interface PathedFile {
  /** Relative to what was dropped or chosen. */
  readonly path: string;
  readonly file: File;
}

export interface ChosenFiles {
  readonly files: readonly PathedFile[];
  /** The name of the folder that all of them were in, which is in none of the paths. */
  readonly folder: string | undefined;
}

/** The files of an input. */
export function chosenFiles(files: FileList): ChosenFiles {
  return withoutSharedFolder([...files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** The files that were dropped, those of folders included. */
export async function droppedFiles(transfer: DataTransfer): Promise<ChosenFiles> {
  // Asked for at once: after the event there is nothing in it.
  const dropped = [...transfer.items].map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const files = dropped.map((each) => (each === null ? [] : each instanceof File ? [pathed(each)] : filesOf(each)));
  return withoutSharedFolder((await Promise.all(files)).flat());
}

function pathed(file: File): PathedFile {
  return { path: file.name, file };
}

async function filesOf(entry: FileSystemEntry): Promise<readonly PathedFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inner: FileSystemEntry[] = [];
  for (;;) {
    const more = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (more.length === 0) break;
    inner.push(...more);
  }
  return (await Promise.all(inner.map((each) => filesOf(each)))).flat();
}

function withoutSharedFolder(files: readonly PathedFile[]): ChosenFiles {
  const folder = files[0]?.path.split("/")[0];
  const isShared = folder !== undefined && files.every(({ path }) => path.startsWith(`${folder}/`));
  if (!isShared) return { files, folder: undefined };
  return { files: files.map(({ path, file }) => ({ path: path.slice(folder.length + 1), file })), folder };
}
