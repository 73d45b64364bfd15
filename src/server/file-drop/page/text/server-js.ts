// Made by .ci/build-page.js.
export const text = `import { askForToken, authorization } from "./access.js";
/** Sends a request with the token; asks for the token where it is not accepted, as often as that takes. */
export async function send(path, init = {}) {
    for (;;) {
        const response = await fetch(path, { ...init, headers: authorization() });
        if (response.status !== 401)
            return response;
        await response.body?.cancel();
        await askForToken();
    }
}
/** The JSON of an answer. */
export async function answerOf(response) {
    if (!response.ok)
        throw new Error(refusalOf(response.status, await response.text()));
    return (await response.json());
}
/** Why the server refused, in its own words where it has some. */
export function refusalOf(status, body) {
    const detail = detailOf(body);
    return detail === '' ? \`The server answered \${status}.\` : \`The server answered \${status}: \${detail}.\`;
}
/** What the server told; nothing where something in between answered, with a page. */
export function jsonOf(body) {
    try {
        return JSON.parse(body);
    }
    catch (error) {
        if (error instanceof SyntaxError)
            return undefined;
        throw error;
    }
}
function detailOf(body) {
    const detail = jsonOf(body)?.detail;
    if (Array.isArray(detail))
        return detail.map(({ msg }) => msg).join('; ');
    return typeof detail === 'string' ? detail : '';
}
`;
