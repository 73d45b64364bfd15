import { byId } from './dom.ts';

/** The box that files are dropped on or chosen in. */
export function openDropBox(take: (files: readonly File[]) => void): void {
  const box = byId('drop', HTMLElement);
  const input = byId('files', HTMLInputElement);
  const refusal = byId('drop-refusal', HTMLElement);
  const offer = (files: readonly File[], folders: number) => {
    refusal.textContent = folders === 0 ? '' : 'Folders are not taken: drop the files in them.';
    if (files.length > 0) take(files);
  };
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // Else the same file could not be chosen twice.
    input.value = '';
    offer(files, 0);
  });
  // Anywhere on the page: a file that misses the box must not be opened in place of the page.
  addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    box.classList.add('over');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) box.classList.remove('over');
  });
  addEventListener('drop', (event) => {
    box.classList.remove('over');
    if (event.dataTransfer?.types.includes('Files') !== true) return;
    event.preventDefault();
    const items = [...event.dataTransfer.items].filter(({ kind }) => kind === 'file');
    const files = items.filter((item) => item.webkitGetAsEntry()?.isDirectory !== true);
    offer(
      files.map((item) => item.getAsFile()).filter((file) => file !== null),
      items.length - files.length,
    );
  });
}
