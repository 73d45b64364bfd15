/**
 * A `Response` whose whole body is known. One of the platform costs more than the rest of a simulated request, so this is
 * one only as soon as somebody asks for more than its status, a header or its text.
 */
export class LightResponse implements Response {
  readonly status: number;
  readonly #headers: [string, string][];
  readonly #text: string;
  #shownHeaders: Headers | undefined;
  #body: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #full: Response | undefined;
  #used = false;

  static {
    // So that it is an instance of `Response` to whoever asks.
    Object.setPrototypeOf(LightResponse.prototype, Response.prototype);
  }

  constructor(status: number, headers: [string, string][], text: string) {
    this.status = status;
    this.#headers = headers;
    this.#text = text;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get headers(): Headers {
    this.#shownHeaders ??= new Headers(this.#headers);
    return this.#shownHeaders;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#text === '') return null;
    this.#body ??= streamOf(this.#text, () => {
      this.#used = true;
    });
    return this.#body;
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  get redirected(): boolean {
    return false;
  }

  get statusText(): string {
    return '';
  }

  get type(): ResponseType {
    return 'default';
  }

  get url(): string {
    return '';
  }

  async text(): Promise<string> {
    this.#use();
    return this.#text;
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#spend().arrayBuffer();
  }

  async blob(): Promise<Blob> {
    return this.#spend().blob();
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#spend().bytes();
  }

  async formData(): Promise<FormData> {
    return this.#spend().formData();
  }

  clone(): Response {
    if (this.#used) throw new TypeError('the body of this response was read already');
    return new LightResponse(this.status, this.#headers, this.#text);
  }

  /** The platform's own, whose body is read in place of this one's. */
  #spend(): Response {
    if (this.#used) return this.#full ?? unusable();
    this.#use();
    const { status } = this;
    this.#full = new Response(this.#text === '' ? null : this.#text, { status, headers: this.#headers });
    return this.#full;
  }

  #use(): void {
    if (this.#used && this.#text !== '') unusable();
    this.#used = true;
  }
}

function unusable(): never {
  throw new TypeError('the body of this response was read already');
}

function streamOf(text: string, onRead: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      pull: (controller) => {
        onRead();
        controller.enqueue(new TextEncoder().encode(text));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
