import { Redis } from 'ioredis';
import { ioredisScenario } from './ioredis-scenario.mjs';

export const scenario = ioredisScenario(Redis);
