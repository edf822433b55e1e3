#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { sourceInit } from '../source-init.js'

void runCommand(sourceInit)
