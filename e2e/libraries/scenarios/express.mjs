import express from 'express';
import { expressScenario } from './express-scenario.mjs';

export const scenario = expressScenario(express, 'router');
