#!/usr/bin/env bash
# Unipile's own Node SDK for the first version of its API tells too little about a call to decide
# whether an invitation went out. Its errors carry neither the HTTP status nor Retry-After, with a
# problem document not even the reason; any page behind a 2xx counts as sent; and behind a redirect
# the POST becomes a GET, whose answer is handed out as the invitation's.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund unipile-node-sdk@1.9.3

cat >outcomes.mjs <<'EOF'
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { UnipileClient } from 'unipile-node-sdk';

const sdk = JSON.parse(readFileSync('node_modules/unipile-node-sdk/package.json'));
console.log('unipile-node-sdk', sdk.version, '- node', process.version);

const JSON_TYPE = 'application/json', PROBLEM = 'application/problem+json';
const throttled = '{"status":429,"type":"errors/too_many_requests"}';
const answers = {
  'sent': [200, JSON_TYPE, '{"object":"UserInvitationSent","invitation_id":"7400"}'],
  '202 accepted': [202, JSON_TYPE, '{"object":"Accepted"}'],
  '204 without a body': [204, null, ''],
  '200 with a page': [200, 'text/html', '<h1>Please log in</h1>'],
  '302 elsewhere': [302, null, ''],
  '429 as JSON': [429, JSON_TYPE, throttled],
  '429 as problem document': [429, PROBLEM, throttled],
  '502 with a page': [502, 'text/html', '<h1>Bad gateway</h1>'],
};
let asked, calls;
const server = http.createServer((request, response) => {
  calls.push(request.method);
  const elsewhere = [200, JSON_TYPE, '{"object":"Elsewhere"}'];
  const [status, type, body] = calls.length > 1 ? elsewhere : answers[asked];
  response.writeHead(status, {
    ...(type && { 'content-type': type }), 'retry-after': '3600',
    ...(status === 302 && { location: '/api/v1/elsewhere' }),
  });
  request.resume().on('end', () => response.end(body));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

const client = new UnipileClient(`http://127.0.0.1:${server.address().port}`, 'example-token');
const seen = {};
for (asked of Object.keys(answers)) {
  calls = [];
  try {
    const result = await client.users.sendInvitation({ account_id: 'a1', provider_id: 'ACoExample' });
    seen[asked] = { calls, result: result instanceof Blob ? 'a Blob' : result };
  } catch (error) {
    const body = error.body instanceof Blob ? 'a Blob' : error.body;
    const { message } = error;
    seen[asked] = { calls, error: error.constructor.name, message, keys: Object.keys(error), body };
  }
  console.log(asked, '->', JSON.stringify(seen[asked]));
}
server.close();
server.closeAllConnections();

assert.equal(seen['204 without a body'].result, 'a Blob');
assert.equal(seen['200 with a page'].result, 'a Blob');
assert.deepEqual(seen['302 elsewhere'], { calls: ['POST', 'GET'], result: { object: 'Elsewhere' } });
for (const refused of ['429 as JSON', '429 as problem document', '502 with a page']) {
  const { calls: made, message, keys } = seen[refused];
  assert.deepEqual([made, message, keys], [['POST'], '', ['body']]);
}
assert.equal(seen['429 as problem document'].body, 'a Blob');
EOF
node outcomes.mjs
