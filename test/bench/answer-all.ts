/** One node, in no process at all: no group is there, and every create is done. */
export async function answerAll(_url: unknown, init?: RequestInit): Promise<Response> {
  if (init?.method === 'POST') return new Response(null, { status: 201 });
  const body = '{"error": "Group not found"}';
  return new Response(body, { status: 404, headers: { 'content-length': String(body.length) } });
}
