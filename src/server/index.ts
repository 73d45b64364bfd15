export { configActionApp } from './config-action/config-action-app.ts';
export type { ConfigActionAppOptions, ServedPods } from './config-action/options.ts';
export { type RunningServer, type ServedApp, type ServeOptions, serve } from './serve.ts';
