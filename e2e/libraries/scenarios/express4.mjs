import express from 'express4';
import { expressScenario } from './express-scenario.mjs';

export const scenario = expressScenario(express, 'express');
