// Made by .ci/build-page.js.
export const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><title>File drop</title><rect width="32" height="32" rx="7" fill="#2456b8"/><path d="M16 6v13m-6-5.5 6 6 6-6M8 25h16" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>
`;
