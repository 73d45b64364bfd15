// Made by .ci/build-page.js.
export const text = `import { authorization } from "./access.js";
/** Sends files as one form; fetch could not tell how far it is. */
export function sendForm(files, dropId, onProgress) {
    const form = new FormData();
    for (const file of files)
        form.append('files[]', file);
    const request = new XMLHttpRequest();
    request.open('POST', \`backend/files?drop=\${dropId}&count=\${files.length}\`);
    for (const [name, value] of Object.entries(authorization()))
        request.setRequestHeader(name, value);
    const whole = files.reduce((sum, { size }) => sum + size, 0);
    request.upload.onprogress = ({ loaded, total }) => {
        // What stands around each file is as long for one as for another, nearly.
        const around = Math.max(0, total - whole) / files.length;
        onProgress(progressOf(files, loaded, total, around));
    };
    let isCancelled = false;
    const answer = new Promise((resolve) => {
        request.onloadend = () => resolve({ status: request.status, body: request.responseText });
    });
    request.send(form);
    return {
        answer,
        cancelled: () => isCancelled,
        cancel: () => {
            isCancelled = true;
            request.abort();
        },
    };
}
function progressOf(files, loaded, total, around) {
    let end = 0;
    let sent = 0;
    for (const file of files) {
        end += file.size + around;
        if (end > loaded)
            return { share: loaded / total, sent, name: file.name };
        sent += 1;
    }
    return { share: 1, sent, name: '' };
}
`;
