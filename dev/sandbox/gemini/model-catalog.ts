export const DEFAULT_MODEL = 'gemini-3.8-flash';

const describe = (id: string, displayName: string, description: string) => ({
  name: `models/${id}`,
  version: '001',
  displayName,
  description,
  inputTokenLimit: 1_048_576,
  outputTokenLimit: 65_536,
  supportedGenerationMethods: ['generateContent', 'countTokens'],
  temperature: 1,
  topP: 0.95,
  topK: 64,
  maxTemperature: 2,
  thinking: true,
});

/** The models the sandbox serves; anything else is 404. */
export const MODELS = [
  describe(DEFAULT_MODEL, 'Gemini 3.8 Flash', 'Sandbox stand-in for the fast all-round model.'),
  describe('gemini-3.5-flash-lite', 'Gemini 3.5 Flash-Lite', 'Sandbox stand-in for the smallest model.'),
];

export function findModel(id: string) {
  return MODELS.find((model) => model.name === `models/${id}`) ?? null;
}
