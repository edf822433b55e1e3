#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { sourceMap } from '../source-map.js'

void runCommand(sourceMap)
