import { Redis } from 'ioredis5';
import { ioredisScenario } from './ioredis-scenario.mjs';

export const scenario = ioredisScenario(Redis);
