export { configActionApp } from './config-action/config-action-app.ts';
export type { ConfigActionAppOptions, ServedPods } from './config-action/options.ts';
export { type FileDropApp, fileDropApp } from './file-drop/file-drop-app.ts';
export type { FileDropAppOptions } from './file-drop/options.ts';
export type { FileEntry } from './file-drop/upload-route.ts';
export { type RunningServer, type ServedApp, type ServeOptions, serve } from './serve.ts';
