import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ID_HEADER, namesIn, textFor } from './marks.ts';

const mail = (header: string, text: string) => `From: a@b.example\r\n${header}\r\n\r\n${text}\r\n`;

test('a mail whose header and text say the id is of that id', () => {
  assert.equal(namesIn(mail(`${ID_HEADER}: m1`, textFor('m1')), 'm1'), 'm1');
});

test('a mail that says another id anywhere is of that one', () => {
  assert.equal(namesIn(mail(`${ID_HEADER}: m2`, textFor('m1')), 'm1'), 'm2');
  assert.equal(namesIn(mail(`${ID_HEADER}: m1`, textFor('m2')), 'm1'), 'm2');
});

test('a mail that lacks its header or its text is of nobody', () => {
  assert.equal(namesIn(mail('Subject: x', textFor('m1')), 'm1'), '');
  assert.equal(namesIn(mail(`${ID_HEADER}: m1`, ''), 'm1'), '');
  assert.equal(namesIn('', 'm1'), '');
});
