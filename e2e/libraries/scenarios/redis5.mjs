import { createClient } from 'redis5';
import { redisScenario } from './redis-scenario.mjs';

export const scenario = redisScenario(createClient, false);
