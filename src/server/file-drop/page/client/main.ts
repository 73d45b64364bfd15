import { offerDeletion } from './delete-all.ts';
import { byId } from './dom.ts';
import { openDropBox } from './drop-box.ts';
import { followPods } from './live.ts';
import { PodTable } from './pod-table.ts';
import { upload } from './uploads.ts';

const table = new PodTable();
const connection = byId('connection', HTMLElement);

openDropBox(upload);
offerDeletion(table);
void followPods({
  all: (pods) => table.replace(pods),
  changes: (pods) => table.update(pods),
  state: (text) => {
    if (connection.textContent !== text) connection.textContent = text;
  },
});
