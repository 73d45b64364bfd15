// Made by .ci/build-page.js.
export const text = `import { byId } from "./dom.js";
import { answerOf, send } from "./server.js";
/** The button that deletes everything, after a question. */
export function offerDeletion(files) {
    const dialog = byId('confirm', HTMLDialogElement);
    const yes = byId('confirm-yes', HTMLButtonElement);
    const failure = byId('confirm-failure', HTMLElement);
    byId('delete-all', HTMLButtonElement).addEventListener('click', () => {
        const { size } = files;
        byId('confirm-text', HTMLElement).textContent =
            \`\${size === 1 ? 'One job goes' : \`All \${size} jobs go\`}, running ones too, with the files that were dropped. \` +
                'This cannot be undone.';
        failure.textContent = '';
        dialog.showModal();
    });
    byId('confirm-no', HTMLButtonElement).addEventListener('click', () => dialog.close());
    yes.addEventListener('click', async () => {
        yes.disabled = true;
        try {
            await answerOf(await send('backend/jobs/processor', { method: 'DELETE' }));
            dialog.close();
            // The button that was pressed can be pressed no more.
            byId('files', HTMLElement).focus();
        }
        catch (error) {
            failure.textContent = error instanceof Error ? error.message : String(error);
        }
        finally {
            yes.disabled = false;
        }
    });
}
`;
