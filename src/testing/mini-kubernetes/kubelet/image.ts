/**
 * What a container does, in place of a real image. Resolves to the exit code, nothing is 0; a throw is 1, with its
 * message in the log. It is told to end by `signal`; one that goes on past the pod's grace period counts as killed
 * (137), and what it does from then on is nobody's business.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function without a return is an image, too.
export type Image = (container: ImageContext) => Promise<number | void>;

/** What a container sees of the world. */
export interface ImageContext {
  /** What the container's `env` and `envFrom` say, Secrets and ConfigMaps included. */
  readonly env: Record<string, string>;
  /** The container's `args`, after what its `command` has beyond the program's name; `$(NAME)` is filled in. */
  readonly args: string[];
  /** Aborted when the pod is deleted or has to end. */
  readonly signal: AbortSignal;
  /** Writes a line to what pods/log shows. */
  log(line: string): void;
  /** The pod's own address, to listen on. */
  readonly ip: string;
  /** Of the pod that it runs in. */
  readonly podName: string;
  /** Of that pod. */
  readonly namespace: string;
}

/** What containers do, by the name of their image, with or without its tag. */
export type Images = Readonly<Record<string, Image>>;

/** The image of that very name, else the one registered without tag and digest. */
export function findImage(images: Images, name: string): Image | undefined {
  const untagged = name.replace(/@[^/]*$/, '').replace(/:[^/:]*$/, '');
  const key = [name, untagged].find((each) => Object.hasOwn(images, each));
  return key === undefined ? undefined : images[key];
}
