/** The names of what can be assigned to; `never` where all is readonly. Of a union, those of each member. */
export type MutableKeys<T> = T extends unknown
  ? { [K in keyof T]-?: Same<Pick<T, K>, Readonly<Pick<T, K>>> extends true ? never : K }[keyof T]
  : never;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
