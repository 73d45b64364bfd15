// Made by .ci/build-page.js.
export const text = `import { offerDeletion } from "./delete-all.js";
import { byId } from "./dom.js";
import { openDropBox } from "./drop-box.js";
import { followPods } from "./live.js";
import { PodTable } from "./pod-table.js";
import { upload } from "./uploads.js";
const table = new PodTable();
const connection = byId('connection', HTMLElement);
openDropBox(upload);
offerDeletion(table);
void followPods({
    all: (pods) => table.replace(pods),
    changes: (pods) => table.update(pods),
    state: (text) => {
        if (connection.textContent !== text)
            connection.textContent = text;
    },
});
`;
