const CRLF = '\r\n';
const post = (headers: string[], body = '') =>
  ['POST /auth/login HTTP/1.1', 'Host: fuzz.example', 'Connection: close', ...headers, '', body].join(CRLF);
const json = 'Content-Type: application/json';

/** What comes over a socket that is hardly HTTP, or on its edge. After `«silence»` the client says nothing more. */
export const GIBBERISH = [
  '«byte:000000»«silence»',
  '«byte:160301020001»«silence»',
  `hello${CRLF}${CRLF}`,
  `GET / HTTP/9.9${CRLF}${CRLF}`,
  `GET /healthz HTTP/1.0${CRLF}${CRLF}`,
  `GET /healthz HTTP/1.1${CRLF}Connection: close${CRLF}${CRLF}`,
  `GET  /healthz HTTP/1.1${CRLF}Host: a${CRLF}${CRLF}«silence»`,
  `GET http://elsewhere.example/healthz HTTP/1.1${CRLF}Host: a${CRLF}Connection: close${CRLF}${CRLF}`,
  `OPTIONS * HTTP/1.1${CRLF}Host: a${CRLF}Connection: close${CRLF}${CRLF}`,
  `PRI * HTTP/2.0${CRLF}${CRLF}SM${CRLF}${CRLF}«silence»`,
  `GET /healthz HTTP/1.1${CRLF}Host: a${CRLF}no colon${CRLF}${CRLF}`,
  `GET /healthz HTTP/1.1${CRLF}Host: a${CRLF}Na me: x${CRLF}${CRLF}`,
  `GET /healthz HTTP/1.1${CRLF}Host: a${CRLF}A: ${'x'.repeat(20_000)}${CRLF}${CRLF}`,
  `GET /${'x'.repeat(20_000)} HTTP/1.1${CRLF}Host: a${CRLF}${CRLF}`,
  `GET /healthz HTTP/1.1${CRLF}Host: a${CRLF}Connection: close${CRLF}${'A: b\r\n'.repeat(1_500)}${CRLF}`,
  post([json, 'Content-Length: x'], '{}'),
  post([json, 'Content-Length: -1'], '{}'),
  post([json, 'Content-Length: 2', 'Content-Length: 3'], '{}'),
  post([json, 'Content-Length: 2', 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  post([json, 'Content-Length: 400000000000'], '{}«silence»'),
  post([json, 'Content-Length: 20'], '{"mobile":«silence»'),
  post([json, 'Transfer-Encoding: chunked'], 'zz\r\n{}\r\n0\r\n\r\n'),
  post([json, 'Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'),
  post([json, 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  post([json, 'Transfer-Encoding: chunked'], `40001\r\n${'x'.repeat(262_145)}\r\n0\r\n\r\n`),
  post([json, 'Transfer-Encoding: gzip'], '{}«silence»'),
  post([json, 'Content-Encoding: gzip', 'Content-Length: 2'], '{}'),
];
