import { createClient } from 'redis';
import { redisScenario } from './redis-scenario.mjs';

export const scenario = redisScenario(createClient, true);
