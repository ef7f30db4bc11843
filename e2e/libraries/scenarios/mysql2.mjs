import mysql from 'mysql2/promise';
import { mysql2Scenario } from './mysql2-scenario.mjs';

export const scenario = mysql2Scenario(mysql);
