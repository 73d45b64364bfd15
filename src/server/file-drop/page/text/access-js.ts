// Made by .ci/build-page.js.
export const text = `import { byId } from "./dom.js";
const KEY = 'file-drop-token';
/** The header that says who asks. */
export function authorization() {
    const token = sessionStorage.getItem(KEY);
    return token === null ? {} : { authorization: \`Bearer \${token}\` };
}
let asking;
/** Resolves when somebody has typed a token. */
export function askForToken() {
    asking ??= ask().finally(() => {
        asking = undefined;
    });
    return asking;
}
function ask() {
    const section = byId('access', HTMLElement);
    const form = byId('access-form', HTMLFormElement);
    const input = byId('token', HTMLInputElement);
    const refuse = () => {
        byId('access-note', HTMLElement).textContent = 'This token was not accepted.';
    };
    if (sessionStorage.getItem(KEY) !== null) {
        refuse();
        sessionStorage.removeItem(KEY);
    }
    section.hidden = false;
    input.focus();
    return new Promise((resolve) => {
        form.onsubmit = (event) => {
            event.preventDefault();
            const token = input.value.trim();
            input.value = '';
            // What no header can hold is not the token, and no request could be made with it.
            if (!/^[\\x21-\\x7e]+$/.test(token))
                return refuse();
            sessionStorage.setItem(KEY, token);
            section.hidden = true;
            resolve();
        };
    });
}
`;
