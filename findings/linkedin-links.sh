#!/usr/bin/env bash
# Three packages that know LinkedIn addresses disagree about who is meant. LinkedIn's mobile host
# and a language behind the name are refused by two of them, an encoded letter by one; the one that
# takes all turns a page below somebody's profile into the address of another person, and writes
# user ids, in which capitals matter, in small letters.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund \
    linkedin-canonical-url@1.0.6 social-link-parser@0.6.1 social-links@1.15.1

cat >links.mjs <<'EOF'
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { parse } from 'social-link-parser';
import * as links from 'social-links';

const require = createRequire(import.meta.url);
const canonical = require('linkedin-canonical-url');
const SocialLinks = links.SocialLinks ?? links.default?.SocialLinks ?? links.default;
const profiles = new SocialLinks({ usePredefinedProfiles: true, allowQueryParams: true });
for (const name of ['linkedin-canonical-url', 'social-link-parser', 'social-links']) {
  console.log(name, JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version);
}

const HOST = 'https://www.linkedin.com';
const readers = {
  canonical: (url) => canonical(url),
  parser: (url) => (parse(url).isValid ? parse(url).username : 'refused'),
  links: (url) =>
    profiles.isValid('linkedin', url) ? profiles.getProfileId('linkedin', url) : 'refused',
};
const seen = {};
for (const url of [
  `${HOST}/in/ada-example`,
  'https://uk.linkedin.com/in/ada-example', 'https://m.linkedin.com/in/ada-example',
  `${HOST}/in/ada-example/en`, `${HOST}/in/m%C3%BCller-example`, `${HOST}/in/Ada-Example`,
  `${HOST}/in/ada-example/detail/recent-activity/`, `${HOST}/in/ACoAAAbCdEfGhIj`,
]) {
  seen[url] = {};
  for (const [name, read] of Object.entries(readers)) seen[url][name] = read(url);
  console.log(url, JSON.stringify(seen[url]));
}

assert.deepEqual(seen['https://m.linkedin.com/in/ada-example'],
  { canonical: `${HOST}/in/ada-example`, parser: 'refused', links: 'refused' });
assert.deepEqual([seen['https://uk.linkedin.com/in/ada-example'].parser,
  seen['https://uk.linkedin.com/in/ada-example'].links], ['refused', 'ada-example']);
assert.deepEqual([seen[`${HOST}/in/Ada-Example`].canonical, seen[`${HOST}/in/Ada-Example`].parser],
  [`${HOST}/in/ada-example`, 'Ada-Example']);
assert.equal(seen[`${HOST}/in/m%C3%BCller-example`].links, 'refused');
const below = seen[`${HOST}/in/ada-example/detail/recent-activity/`];
assert.equal(below.canonical, `${HOST}/in/ada-example-recent-activitydetail`);
assert.equal(seen[`${HOST}/in/ACoAAAbCdEfGhIj`].canonical, `${HOST}/in/acoaaabcdefghij`);
EOF
node links.mjs
