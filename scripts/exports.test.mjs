import * as core from '@spanstream/core';
import * as testing from '@spanstream/core/testing';
import * as node from '@spanstream/node';
import * as browser from '@spanstream/browser';
import * as opentelemetry from '@spanstream/opentelemetry';
import { expect, test } from 'vitest';

const names = (module) => Object.keys(module).toSorted();

test('@spanstream/core exports these names', () => {
  expect(names(core)).toMatchSnapshot();
});

test('@spanstream/core/testing exports these names', () => {
  expect(names(testing)).toMatchSnapshot();
});

test('@spanstream/node exports these names', () => {
  expect(names(node)).toMatchSnapshot();
});

test('@spanstream/browser exports these names', () => {
  expect(names(browser)).toMatchSnapshot();
});

test('@spanstream/opentelemetry exports these names', () => {
  expect(names(opentelemetry)).toMatchSnapshot();
});
