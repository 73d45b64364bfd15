// Made by .ci/build-page.js.
export const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><title>Syncrator</title><path fill="none" stroke="#2563a8" stroke-width="2" d="M2 8a6 6 0 0 1 10-4l2 2M14 8a6 6 0 0 1-10 4l-2-2M14 2v4h-4M2 14v-4h4"/></svg>
`;
