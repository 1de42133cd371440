# One image, three commands: the API (the default), the worker (node dist/worker.js) and the migrations (node dist/migrate.js).
# `--target sandbox` builds the Gemini and Stripe simulators instead, which the production image does not contain.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY prisma prisma
COPY dev dev
COPY src src
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
# The one optional package that is needed: the binary of argon2 for this platform.
COPY --from=build /app/node_modules/@node-rs node_modules/@node-rs
COPY dev/prune.mjs dev/
RUN node dev/prune.mjs --production

FROM node:24-slim AS sandbox
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY --from=build /app/dist-dev/sandbox dist-dev/sandbox
USER node
CMD ["node", "dist-dev/sandbox/gemini/main.js"]

FROM node:24-slim AS production
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=2
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY prisma prisma
COPY --from=build /app/dist dist
USER node
EXPOSE 3000 3001
CMD ["node", "dist/main.js"]
